"""The look of an explorable and the script that moves it. `shapes` draws by the same rules."""

STYLE = """.ad-explore{container-type:inline-size;margin-top:.5rem;--g:var(--ad-check,color-mix(in srgb,#009e73 70%,currentColor));
--o:var(--ad-try,color-mix(in srgb,#cc79a7 75%,currentColor));--l:color-mix(in srgb,#56b4e9 85%,currentColor);
--n:color-mix(in srgb,currentColor 58%,transparent);--line:color-mix(in srgb,currentColor 20%,transparent);
--paper:var(--ad-paper,var(--jp-layout-color0,transparent))}
.ax-value{--c:currentColor}.ax-forward{--c:var(--f)}.ax-reverse{--c:var(--r)}.ax-neutral{--c:var(--n)}
.ax-highlight{--c:var(--h)}.ax-good{--c:var(--g)}.ax-other{--c:var(--o)}.ax-light{--c:var(--l)}
.ax-value,.ax-forward,.ax-reverse,.ax-neutral,.ax-highlight,.ax-good,.ax-other,.ax-light{fill:var(--c)}
.ad-explore :is(.ax-live,.ax-still){font-family:var(--ad-sans,inherit);font-size:.94em}
.ad-explore .ax-ask{font-size:1.06em;line-height:1.45;margin:0 0 .7rem}
.ad-explore .ax-live{display:none}.ad-explore[data-on] .ax-live{display:block}.ad-explore[data-on] .ax-still{display:none}
.ax-picks{display:flex;flex-wrap:wrap;gap:.5rem 1.4rem;margin:0 0 .8rem}
.ax-pick{display:flex;flex-wrap:wrap;align-items:center;gap:.1rem .6rem}
.ax-pick>span{font-size:.86em;opacity:.8}
.ax-row{display:flex;flex-wrap:wrap;gap:4px}
.ad-explore .ax-row button{font-size:.9em;padding:.2rem .55rem}
.ad-explore .ax-row button[aria-pressed=true]{background:color-mix(in srgb,var(--a) 14%,transparent);border-color:var(--a);box-shadow:inset 0 0 0 1px var(--a)}
.ax-panes{display:grid;gap:.8rem 1rem;grid-template-columns:minmax(0,34rem)}
.ax-pane{min-width:0;container-type:inline-size}
.ad-explore .ax-pane p{margin:0;font-size:.86em;line-height:1.35}
.ad-explore .ax-pane .ax-yl{margin-bottom:.25rem}
.ad-explore .ax-pane .ax-xl{text-align:right;padding-right:.4em}
.ad-explore .ax-pane>svg{display:block;width:100%}
.ad-explore svg.ax-in{overflow:hidden}
.ax-pane>svg{font:46px var(--ad-sans,system-ui,sans-serif);font-variant-numeric:tabular-nums}
.ax-up{font-size:.74em}.ax-tx{stroke:var(--paper);stroke-width:14px;stroke-linejoin:round;paint-order:stroke}
@container (min-width:430px){.ax-pane>svg{font-size:34px}}
.ax-g{fill:none;stroke:var(--line);stroke-width:3;opacity:.6}.ax-ax{fill:none;stroke:var(--n);stroke-width:4}
.ax-d,.ax-o,.ax-x,.ax-t,.ax-c,.ax-a,.ax-m{fill:none;stroke:var(--c);stroke-width:8;stroke-linejoin:round}
.ax-d,.ax-c{stroke-linecap:round}.ax-o{stroke-width:6}.ax-m{stroke-width:5}.ax-a{stroke-width:9;stroke-linecap:round}
.ax-f,.ax-b{fill:var(--c);stroke:none}.ax-f{opacity:.2}.ax-b{opacity:.75}
.ax-trail{fill:none;stroke:var(--c);stroke-width:5;opacity:.4;stroke-linejoin:round}
.ax-z1{stroke-dasharray:26 16;stroke-linecap:butt}.ax-z2{stroke-dasharray:30 12 6 12;stroke-linecap:butt}.ax-z3{stroke-dasharray:1 16}
.ax-k path{fill:color-mix(in srgb,var(--c,transparent) 28%,transparent);stroke:var(--c,var(--line));stroke-width:5;stroke-linejoin:round}
.ax-k text{fill:currentColor;font-weight:600}
.ad-explore ul.ax-key{display:flex;flex-wrap:wrap;gap:.1rem 1rem;margin:.25rem 0 0;padding:0;list-style:none;font-size:.86em}
.ad-explore .ax-key li{display:flex;align-items:center;gap:.4rem;margin:0;padding:0}.ad-explore .ax-key svg{flex:none}
.ad-explore .ax-bar{display:flex;align-items:center;gap:.4rem;margin:.6rem 0 .3rem;max-width:34rem}
.ad-explore .ax-bar input{flex:1;min-width:3rem;height:44px;margin:0;accent-color:var(--a)}
.ad-explore .ax-bar button{flex:none;padding:.2rem}
.ad-explore .ax-bar .ax-fast{min-width:3.4em;font-variant-numeric:tabular-nums}
.ax-play .ax-ii{display:none}.ax-going .ax-ii{display:inline}.ax-going .ax-go{display:none}
.ad-explore dl.ax-num{display:flex;flex-wrap:wrap;gap:.2rem 1.6rem;margin:.2rem 0 .4rem}
.ad-explore .ax-num :is(dt,dd){margin:0!important}
.ad-explore .ax-num dt{font-size:.82em;font-weight:400;opacity:.8}.ad-explore .ax-num dd{min-width:4.2em;font-size:1.12em;font-weight:600;font-variant-numeric:tabular-nums;white-space:nowrap}
.ad-explore .ax-say{margin:.2rem 0 .5rem;min-height:2.8em}
.ad-explore .ax-still>.ax-key{margin-bottom:.8rem}.ad-explore .ax-states{display:grid;gap:1.4rem 1.2rem;grid-template-columns:minmax(0,1fr)}
.ad-explore .ax-states figure{margin:0;min-width:0;break-inside:avoid}
.ad-explore figcaption{font-size:.9em;line-height:1.4;margin:.3rem 0 0}
.ad-explore .ax-scroll{overflow-x:auto;margin:.8rem 0}
.ad-explore table{border-collapse:collapse;font-size:.9em;font-variant-numeric:tabular-nums;margin:0}
.ad-explore :is(th,td){padding:.3em .8em .3em 0;text-align:left;border-bottom:1px solid var(--line);font-weight:400;white-space:nowrap}
.ad-explore th[scope=col]{font-weight:600}
.ad-explore details{margin:.4rem 0 0}.ad-explore summary{min-height:44px;align-content:center;cursor:pointer}
@container (min-width:600px){.ax-two .ax-panes,.ax-one .ax-states{grid-template-columns:repeat(2,minmax(0,1fr))}.ad-explore.ax-two .ax-bar{max-width:none}.ad-explore .ax-say{min-height:1.5em}}
@media (forced-colors:active){.ad-explore .ax-row button[aria-pressed=true]{forced-color-adjust:none;background:Highlight;color:HighlightText}}
@media print{.ad-explore[data-on] .ax-live{display:none}.ad-explore[data-on] .ax-still{display:block}}
"""

SCRIPT = r"""(function(){var B='ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',N='http://www.w3.org/2000/svg';
function unpack(s){var at=0,zeros=0,out=[],before=[];
function digits(){var v=0,k=1,d;do{d=B.indexOf(s[at++]);v+=(d&31)*k;k*=32}while(d&32);return v%2?(1-v)/2:v/2}
function next(){if(zeros){zeros--;return 0}var v=digits();if(!v)zeros=digits();return v}
for(var left=digits();left--;){var n=before.length+next(),f=[];
for(var k=0;k<n;k++)f.push((k<before.length?before[k]:k?f[k-1]:0)+next());out.push(before=f)}return out}
function list(s){return s[0]==='#'?unpack(s.slice(1)).map(function(f){return String(f[0]).replace('-','\u2212')}):s.split('|')}
function arrow(x,y,u,v){var t=Math.atan2(v-y,u-x),h=Math.min(28,.45*Math.hypot(u-x,v-y)),
e=[.45,-.45].map(function(d){return Math.round(u-h*Math.cos(t+d))+' '+Math.round(v-h*Math.sin(t+d))});
return 'M'+x+' '+y+'L'+u+' '+v+'M'+e[0]+'L'+u+' '+v+'L'+e[1]}
function path(kind,v,e){var n=v.length/2,p=[],r=e.r,i;
if(kind==='m')return v.map(function(m){return e.a==='v'?'M'+m+' '+e.e[0]+'V'+e.e[1]:'M'+e.e[0]+' '+m+'H'+e.e[1]}).join('');
if(kind==='a'){for(i=0,n/=2;i<n;i++)p.push(arrow(v[i],v[n+i],v[2*n+i],v[3*n+i]));return p.join('')}
if(!n)return '';
for(i=0;i<n;i++){var x=v[i],y=v[n+i];
p.push(kind==='d'?'M'+x+' '+y+'h0':
kind==='o'?'M'+(x-r)+' '+y+'a'+r+' '+r+' 0 1 0 '+2*r+' 0a'+r+' '+r+' 0 1 0 '+-2*r+' 0':
kind==='x'?'M'+(x-r)+' '+(y-r)+'l'+2*r+' '+2*r+'m0 '+-2*r+'l'+-2*r+' '+2*r:
kind==='t'?'M'+x+' '+(y-r)+'v'+2*r:
kind==='b'?'M'+(x-e.w)+' '+e.b+'V'+y+'h'+2*e.w+'V'+e.b+'z':x+' '+y)}
return kind==='c'?'M'+p.join('L'):kind==='f'?'M'+p.join('L')+'V'+e.b+'H'+v[0]+'z':p.join('')}
function put(to,tag,a,text){var e=document.createElementNS(N,tag);for(var k in a)e.setAttribute(k,a[k]);
if(text!==undefined)e.textContent=text;to.appendChild(e);return e}
document.querySelectorAll('.ad-explore').forEach(function(w){if(w.adOn)return;w.adOn=1;
function all(q){return Array.prototype.slice.call(w.querySelectorAll(q))}
function one(q){return w.querySelector(q)}
var D=JSON.parse(w.getAttribute('data-x')),live=one('.ax-live'),bar=one('.ax-bar input'),panes=live.querySelectorAll('.ax-in'),
picks=D.at[0].slice(),scene,layers,last,pos,shown,going=0,speed=1,then,cache={},
still=window.matchMedia?matchMedia('(prefers-reduced-motion:reduce)'):{};
function pool(i,read){return cache[i]||(cache[i]=read(D.d[i]))}
function at(rows){return rows[Math.min(Math.round(pos),rows.length-1)]}
function layer(L){var e=L[4],kind=L[1],g=put(panes[L[0]],'g',{class:L[2]}),rows=pool(L[3],unpack),o={rows:rows,e:e,kind:kind};
if(kind==='s'){o.t=put(g,'text',{class:'ax-tx','text-anchor':e.a})}
else if(kind==='k'){g.setAttribute('text-anchor','middle');g.setAttribute('style','font-size:'+e.f+'px');
o.p=e.k.map(function(c){return put(g,'path',{class:c[0]})});
var q=e.g,a=q[2]-e.q,b=q[3]-e.q;o.cells=rows[0].map(function(_,k){var x=q[0]+k%q[4]*q[2],y=q[1]+Math.floor(k/q[4])*q[3];
return ['M'+x+' '+y+'h'+a+'v'+b+'h'+-a+'z',put(g,'text',{x:x+Math.floor(a/2),y:y+Math.floor(b/2)+Math.floor(e.f/3)})]})}
else{if(e.t)o.trail=put(g,'path',{class:'ax-trail'});
o.p=put(g,'path',{class:'ax-'+kind+(e.z?' ax-z'+e.z:''),style:(kind==='d'?'stroke-width:'+2*e.r+';':'')+(e.p?'opacity:'+e.p:'')});
o.names=(e.n||[]).map(function(t,k){var s=e.s[k%e.s.length];return t?[k,s,put(g,'text',{class:'ax-tx','text-anchor':s[2]},t)]:0}).filter(Boolean)}
return o}
function draw(o){var rows=o.rows,f=Math.floor(pos),a=rows[Math.min(f,rows.length-1)],b=rows[Math.min(f+1,rows.length-1)],t=pos-f,v=a,e=o.e;
if(o.cells){var d=e.k.map(function(){return ''});
at(rows).forEach(function(s,k){d[s]+=o.cells[k][0];o.cells[k][1].textContent=e.k[s][1]});o.p.forEach(function(p,s){p.setAttribute('d',d[s])});return}
if(t&&a!==b&&a.length===b.length)v=a.map(function(x,k){return Math.round(x+(b[k]-x)*t)});
if(o.t){o.t.setAttribute('x',v[0]);o.t.setAttribute('y',v[1]);o.t.textContent=at(e.n);return}
if(v!==o.was)o.p.setAttribute('d',path(o.kind,v,e));
o.was=v;var n=v.length/2;
o.names.forEach(function(m){m[2].style.display=m[0]<n?'':'none';if(m[0]<n)m[2].setAttribute('x',v[m[0]]+m[1][0]),m[2].setAttribute('y',v[n+m[0]]+m[1][1])});
if(o.trail){var seen=rows.slice(Math.max(0,f-e.t),f+1),d='';if(v!==a)seen.push(v);
seen=seen.filter(function(r){return r.length===v.length});
for(var k=0;k<n&&seen.length>1;k++)d+='M'+seen.map(function(r){return r[k]+' '+r[n+k]}).join('L');o.trail.setAttribute('d',d)}}
function words(){var said={axis:at(scene.f)};said[D.axis]=said.axis;scene.v.forEach(function(c,k){said[D.n[k]]=at(c)});
return at(scene.t).replace(/\{([^{}]*)\}/g,function(_,k){return said[k]})}
function show(p,speak){pos=Math.max(0,Math.min(last,p));layers.forEach(draw);var k=Math.round(pos);
if(!speak&&k===shown)return;shown=k;
if(bar){bar.value=k;bar.setAttribute('aria-valuetext',D.axis+' '+at(scene.f))}
all('[data-v]').forEach(function(d){var i=+d.getAttribute('data-v');d.textContent=i<0?at(scene.f):at(scene.v[i])});
var text=words();one('.ax-say').textContent=text;if(speak)one('.ad-live').textContent=text;
all('[data-go]').forEach(function(b){b.setAttribute('aria-disabled',b.getAttribute('data-go')>0?k===last:k===0)});
w.setAttribute('data-frame',k)}
function pick(keep){var label=scene?at(scene.f):null,share=scene&&last?pos/last:0,i=0;
D.p.forEach(function(n,k){i=i*n+picks[k]});var S=D.s[i];
scene={f:pool(S.f,list),v:S.v.map(function(i){return pool(i,list)}),t:S.t.map(function(i){return D.d[i]})};
last=scene.f.length-1;panes.forEach(function(s){s.textContent=''});layers=S.l.map(layer);
if(bar)bar.max=last;
all('[data-p]').forEach(function(b){b.setAttribute('aria-pressed',+b.getAttribute('data-c')===picks[+b.getAttribute('data-p')])});
var same=scene.f.indexOf(label);shown=-1;show(keep===undefined?(same>=0?same:Math.round(share*last)):keep,keep===undefined&&!going)}
function mark(on){var b=one('.ax-play'),c=one('.ax-fast');w.toggleAttribute('data-going',on);if(!b)return;
b.classList.toggle('ax-going',on);b.setAttribute('aria-label',on?'Pause':'Play');
c.textContent=(speed<1?'\u00bd':speed)+'\u00d7';c.setAttribute('aria-label','Speed '+c.textContent)}
function play(on){if(!one('.ax-play')||!!going===on)return;mark(on);
if(on){if(Math.round(pos)>=last)show(0);then=0;going=requestAnimationFrame(tick)}
else{cancelAnimationFrame(going);going=0;show(Math.round(pos),true)}}
function tick(now){if(!w.isConnected)return;
var each=Math.min(900,1000*D.sec/Math.max(1,last))/speed,d=then?Math.min(now-then,250)/each:0;
if(still.matches&&then){if(now-then<each){going=requestAnimationFrame(tick);return}d=1}
then=now;var p=pos+d;if(p>=last){show(last);play(false);return}
show(p);going=requestAnimationFrame(tick)}
function go(k){play(false);show(k,true)}
w.addEventListener('click',function(ev){var b=ev.target.closest('button');if(!b||!w.contains(b))return;
if(b.hasAttribute('data-p')){picks[+b.getAttribute('data-p')]=+b.getAttribute('data-c');pick()}
else if(b.hasAttribute('data-go'))go(Math.round(pos)+ +b.getAttribute('data-go'));
else if(b.classList.contains('ax-play'))play(!going);
else if(b.classList.contains('ax-fast')){speed=speed>=4?.5:speed*2;mark(!!going)}});
if(bar)bar.addEventListener('input',function(){go(+bar.value)});
w.addEventListener('keydown',function(ev){if(ev.altKey||ev.ctrlKey||ev.metaKey||ev.shiftKey||ev.target.closest('summary'))return;
var k=Math.round(pos),t={ArrowRight:k+1,ArrowUp:k+1,ArrowLeft:k-1,ArrowDown:k-1,PageUp:k+5,PageDown:k-5,Home:0,End:last}[ev.key];
if(ev.key===' '&&ev.target===bar&&one('.ax-play')){one('.ax-play').focus();play(!going)}
else if(t===undefined||(ev.target!==bar&&/^(Arrow(Up|Down)|Page)/.test(ev.key)))return;else go(t);
ev.preventDefault();ev.stopPropagation()});
w.setAttribute('data-on','');mark(false);pick(D.at[1])})})();"""
